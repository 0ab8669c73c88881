@echo off
rem Makes .venv once, installs into it when requirements.txt changes, and serves the page.
rem Options go on to app.py, such as: run.bat --port 7861
setlocal
pushd "%~dp0"
if errorlevel 1 goto failed
set "VENV_PYTHON=.venv\Scripts\python.exe"
if exist "%VENV_PYTHON%" goto install

set "PYTHON="
for %%V in (3.11 3.12 3.13 3.14) do if not defined PYTHON py -%%V -c "" >nul 2>nul && set "PYTHON=py -%%V"
if not defined PYTHON python -m editor.prerequisites >nul 2>nul && set "PYTHON=python"
if not defined PYTHON goto no_python
echo Making the folder .venv ...
%PYTHON% -m venv .venv
if errorlevel 1 goto failed

:install
fc /b requirements.txt .venv\requirements.installed >nul 2>nul
if not errorlevel 1 goto serve
echo Installing what is needed. The first time this takes minutes ...
"%VENV_PYTHON%" -m pip install --disable-pip-version-check -r requirements.txt
if errorlevel 1 goto failed
copy /y requirements.txt .venv\requirements.installed >nul
if errorlevel 1 goto failed

:serve
"%VENV_PYTHON%" app.py %*
if errorlevel 1 goto failed
popd
exit /b 0

:no_python
echo.
echo No Python 3.11 or newer was found. Install it from https://www.python.org/downloads/
echo and start run.bat again.
goto stop

:failed
echo.
echo The reason stands above. If the folder .venv is broken, remove it and start run.bat again.

:stop
pause
popd
exit /b 1
