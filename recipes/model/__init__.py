"""What a recipe is made of: fields, blocks, problems and their JSON Schema."""
