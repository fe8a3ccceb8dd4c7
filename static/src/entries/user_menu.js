// @ts-check
// The script of the menu on the member's name, which pages load when it is needed.

import {startUserMenu} from "../user_menu.js";

startUserMenu();
