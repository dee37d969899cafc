"""One module or folder per noun of the command line; each holds a click object named `command`."""
