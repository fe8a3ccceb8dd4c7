// @ts-check
// The script of the history and of the page of one call.

import {startPage} from "../common.js";
import {startHistoryFilter} from "../history_filter.js";
import {startHistoryNotes} from "../history_notes.js";
import {startHistoryUpdates} from "../history_updates.js";
import {startPlayers} from "../players.js";
import {startTransferBar} from "../transfer_bar.js";

startPage();
startPlayers();
startHistoryFilter();
startTransferBar();
startHistoryNotes();
startHistoryUpdates();
