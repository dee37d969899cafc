"""Recipes as data: key structure, detection of the family, replacing values, differences."""
