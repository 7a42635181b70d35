@echo off
rem The holdfast command of the packed app: its own program, started as the command. Everything behind -- is the user's.
"%~dp0..\..\Holdfast.exe" --command -- %*
exit /b %errorlevel%
