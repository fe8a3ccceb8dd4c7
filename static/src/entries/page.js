// @ts-check
// The script of all other pages.

import {startAutosave} from "../autosave.js";
import {startPage} from "../common.js";
import {startSettings} from "../settings.js";
import {startTelLinks} from "../tel_links.js";

startPage();
startSettings();
startAutosave();
startTelLinks();
