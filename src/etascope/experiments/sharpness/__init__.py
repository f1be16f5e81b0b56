"""The wall that the sharpness of the loss predicts, beside the one that was measured."""
