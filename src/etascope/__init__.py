"""etascope shows what a learning rate does to an image classifier, and picks the right one."""
