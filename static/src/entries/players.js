// @ts-check
// The script of players, for dialogs on pages that have none of their own.

import {startPlayers} from "../players.js";

startPlayers();
