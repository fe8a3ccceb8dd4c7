// @ts-check
// The script of all other pages.

import {startAutosave} from "../autosave.js";
import {startPage} from "../common.js";
import {startConfirmation} from "../confirmation.js";
import {startCopy} from "../copy.js";
import {startSettings} from "../settings.js";
import {startTelLinks} from "../tel_links.js";
import {startZoneNote} from "../zone_note.js";

startConfirmation();
startPage();
startCopy();
startSettings();
startAutosave();
startTelLinks();
startZoneNote();
