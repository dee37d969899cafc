"""What is wrong with a recipe, or will be: errors, lints, estimates, explanations."""
