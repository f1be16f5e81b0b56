"""Scripts that train a recipe at a rate in other frameworks, one module a framework."""
