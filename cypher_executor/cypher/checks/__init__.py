"""What is wrong with a recipe although every word of it is right: one module for each subject.

The checks look at what was drawn and planned, report what they find, and change nothing.
"""
