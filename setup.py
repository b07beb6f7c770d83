"""Puts the folders that people edit into the wheel; everything else is said in pyproject.toml."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("config", "rules", "systemd", "templates")


class BuildWithShippedFolders(build_py):
    """Copies the shipped folders to `alertd/share/` of the wheel, where `alertd.shipped` finds them."""

    def run(self) -> None:
        """Build as usual, then copy; an editable install is used in place."""
        super().run()
        if self.editable_mode:
            return
        for name in SHIPPED:
            copytree(Path(name), Path(self.build_lib, "alertd", "share", name), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithShippedFolders})
