"""What a run teaches: observations in words, a quiz, the key insight."""
