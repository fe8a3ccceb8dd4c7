// @ts-check
// The script of the board.

import {startCallFilter} from "../call_filter.js";
import {startPage} from "../common.js";
import {startDragTransfer} from "../drag_transfer.js";
import {startNotificationPrompt} from "../notification_prompt.js";
import {startOwnCalls} from "../own_calls.js";
import {startRecipient} from "../recipient.js";
import {startRinging} from "../ringing.js";
import {startRowAnchor} from "../row_anchor.js";
import {startRowAnimation} from "../row_animation.js";

startPage();
startRecipient();
startRowAnchor(); // before the animation, which measures after the anchor has scrolled
startRowAnimation();
startRinging();
startNotificationPrompt();
startOwnCalls();
startCallFilter();
startDragTransfer();
