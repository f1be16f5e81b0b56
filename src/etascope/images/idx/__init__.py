"""IDX files, alone and in pairs, and the known sets that come in them."""
