// @ts-check
// The script of the history and of the page of one call.

import {startAlarms} from "../alarms.js";
import {startCallPage} from "../call_page.js";
import {startPage} from "../common.js";
import {startHistoryFilter} from "../history_filter.js";
import {startHistoryNotes} from "../history_notes.js";
import {startHistoryUpdates} from "../history_updates.js";
import {startPlayers} from "../players.js";
import {startTransferBar} from "../transfer_bar.js";
import {startZoneNote} from "../zone_note.js";

startAlarms();
startPage();
startCallPage();
startPlayers();
startHistoryFilter();
startTransferBar();
startHistoryNotes();
startHistoryUpdates();
startZoneNote();
