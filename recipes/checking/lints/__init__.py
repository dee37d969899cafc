"""What is legal in a recipe but wrong: each lint has a code, a reason and a fix."""
