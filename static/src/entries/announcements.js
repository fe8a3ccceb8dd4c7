// @ts-check
// The script of the library of announcements.

import {startPage} from "../common.js";
import {startRecorder} from "../recorder.js";
import {startSounds} from "../sounds.js";

startPage();
startSounds();
startRecorder();
