// @ts-check
// The script of the library of announcements.

import {startPage} from "../common.js";
import {startPlayers} from "../players.js";
import {startRecorder} from "../recorder.js";
import {startUploads} from "../uploads.js";

startPage();
startPlayers();
startUploads();
startRecorder();
