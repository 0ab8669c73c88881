"""The page's own components, each with its markup, script and styles beside it.

They are made by functions, not subclasses: Gradio writes a stub file beside the source of every
subclass of a component, and an import must create no file.
"""
