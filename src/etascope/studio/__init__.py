"""The web page that shows a learning rate at work: `create_app`, and the command that serves it."""
