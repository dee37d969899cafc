"""Convert existing rows: any common file and shape in, Nova's formats out, with a log of dropped keys."""
