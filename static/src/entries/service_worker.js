// @ts-check
// The service worker. It only shows notifications where pages may not; it takes part
// in no request and stores nothing.

import {openBoard} from "../desktop_notifications.js";

addEventListener("notificationclick", e => {
	e.notification.close();
	e.waitUntil(openBoard(clients, e.notification.data?.row));
});
