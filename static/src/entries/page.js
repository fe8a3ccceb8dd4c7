// @ts-check
// The script of all other pages.

import {startAutosave} from "../autosave.js";
import {startPage} from "../common.js";
import {startCopy} from "../copy.js";
import {startSettings} from "../settings.js";
import {startTelLinks} from "../tel_links.js";

startPage();
startCopy();
startSettings();
startAutosave();
startTelLinks();
