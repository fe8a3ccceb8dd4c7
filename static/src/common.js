// @ts-check
// The script that all pages share. Links and forms work without it; with it, pages
// are live, forms stay where they are, and keys work. Scripts contain no texts for
// people: these come from data attributes of the page.

import {startCallActions} from "./call_actions.js";
import {repaint, startConnection} from "./connection.js";
import {startDateLabels} from "./date_labels.js";
import {followCallSetup, startDialogs} from "./dialogs.js";
import {startFirstUse} from "./first_use.js";
import {startLazySearch} from "./lazy_search.js";
import {startMenu} from "./menu.js";
import {startNotices, tidyNotices} from "./notices.js";
import {startSession} from "./session.js";
import {startShortcuts} from "./shortcuts.js";
import {startStaleGuard} from "./stale_guard.js";

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
	startStaleGuard();
	startFirstUse();
	startDialogs();
	startMenu();
	repaint();
	setInterval(repaint, 1000);
	startSession();
	startCallActions();
	startLazySearch();
	startShortcuts();
	startDateLabels();
}
