// @ts-check
// The script of what a member does, which pages load at the first sign of one, see
// first_use.js.

import {startCallFilter} from "../call_filter.js";
import {startCallSelection} from "../call_selection.js";
import {startClaims} from "../claims.js";
import {startListFilter} from "../list_filter.js";

startCallFilter();
startCallSelection();
startClaims();
startListFilter();
