"""A visitor's work in one domain: pictures, every edit of them, and the file that keeps it all.

The same from Python as on the page:

    from pathlib import Path
    from editor import Editor
    from editor.project.actions import add_edit, give_sliders, move_sliders, result
    from editor.project.file import save_project, unpacked
    from editor.project.history import Project

    editor = Editor.open("faces64")
    project = Project.new(editor)
    for photo in ("ann.jpg", "ben.jpg"):
        project = add_edit(project, editor, editor.invert(photo), Path(photo).stem, photo)
    project = move_sliders(project, editor, project.find("ann"), {"smile": 2.0})
    project = give_sliders(project, editor, project.node, [project.find("ben")])
    save_project(project, Path("us.zip"))

    with unpacked(Path("us.zip"), editor) as project:  # whose photos lie in a temporary folder
        before = editor.render(project.undo().edit(editor))
        photo = result(project, editor, project.find("ann"))  # photo.pixels, with its date and author
        save_project(project.rename(project.find("ben"), "Benjamin"), Path("us.zip"))
"""
