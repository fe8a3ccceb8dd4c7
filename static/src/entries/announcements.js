// @ts-check
// The script of the library of announcements.

import {startPage} from "../common.js";
import {startRecorder} from "../recorder.js";
import {startUploads} from "../uploads.js";

startPage();
startUploads();
startRecorder();
