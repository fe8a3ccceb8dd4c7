// @ts-check
// The script of the board.

import {startAlarms} from "../alarms.js";
import {startBoardRows} from "../board_rows.js";
import {startCallerCard} from "../caller_card.js";
import {startPage} from "../common.js";
import {startDragTransfer} from "../drag_transfer.js";
import {startMissed} from "../missed.js";
import {startNotificationPrompt} from "../notification_prompt.js";
import {startOwnCalls} from "../own_calls.js";
import {startRinging} from "../ringing.js";
import {startSectionCounts} from "../section_counts.js";
import {startTeamStrip} from "../team_strip.js";
import {startToday} from "../today.js";

startAlarms();
startPage();
startCallerCard();
startBoardRows();
startRinging();
startNotificationPrompt();
startMissed();
startOwnCalls();
startDragTransfer();
startTeamStrip();
startSectionCounts();
startToday();
