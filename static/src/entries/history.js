// @ts-check
// The script of the history and of the page of one call.

import {startPage} from "../common.js";
import {startHistoryNotes} from "../history_notes.js";
import {startHistoryUpdates} from "../history_updates.js";
import {startRecordings} from "../recordings.js";

startPage();
startRecordings();
startHistoryNotes();
startHistoryUpdates();
