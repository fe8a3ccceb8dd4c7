// @ts-check
// The script of a wallboard.

import {startWallboard} from "../wallboard.js";

startWallboard();
