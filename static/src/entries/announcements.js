// @ts-check
// The script of the library of announcements.

import {startPage} from "../common.js";
import {startConfirmation} from "../confirmation.js";
import {startPlayers} from "../players.js";
import {startRecorder} from "../recorder.js";
import {startUploads} from "../uploads.js";
import {startZoneNote} from "../zone_note.js";

startConfirmation();
startPage();
startPlayers();
startUploads();
startRecorder();
startZoneNote();
