// @ts-check
// The script that all pages share. Links and forms work without it; with it, pages
// are live, forms stay where they are, and keys work. Scripts contain no texts for
// people: these come from data attributes of the page.

import {startCallActions} from "./call_actions.js";
import {startCallPage} from "./call_page.js";
import {startCallSelection} from "./call_selection.js";
import {startClaims} from "./claims.js";
import {startConfirmation} from "./confirmation.js";
import {repaint, startConnection} from "./connection.js";
import {startDateLabels} from "./date_labels.js";
import {followCallSetup, startDialogs} from "./dialogs.js";
import {startHtmx} from "./htmx_loader.js";
import {startLazySearch} from "./lazy_search.js";
import {startListFilter} from "./list_filter.js";
import {startMenu} from "./menu.js";
import {startNotices, tidyNotices} from "./notices.js";
import {startSession} from "./session.js";
import {startShortcuts} from "./shortcuts.js";
import {startStaleGuard} from "./stale_guard.js";
import {startZoneNote} from "./zone_note.js";

/**
 * startPage starts it. The order counts: the stale guard sees clicks before all
 * others, and the menu sees keys before the shortcuts.
 */
export function startPage() {
	startConnection();
	document.addEventListener("htmx:after:swap", () => {
		tidyNotices();
		repaint();
		followCallSetup();
	});
	startNotices();
	startConfirmation();
	startStaleGuard();
	startHtmx();
	startDialogs();
	startMenu();
	repaint();
	setInterval(repaint, 1000);
	startSession();
	startCallActions();
	startClaims();
	startCallSelection();
	startListFilter();
	startLazySearch();
	startCallPage();
	startShortcuts();
	startZoneNote();
	startDateLabels();
}
