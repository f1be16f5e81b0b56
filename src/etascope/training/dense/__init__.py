"""The dense engine: softmax regression and ReLU networks in NumPy, many trials as one."""
