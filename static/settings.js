// The settings: how it sounds, and whether this browser may show notifications.
// Comes after ring.js.
"use strict";
(() => {
	const {$, bell} = window.callboard;
	const tryIt = $("[data-try]"), permit = $("#permit");
	if (!tryIt || !permit) return;

	tryIt.hidden = false;
	tryIt.addEventListener("click", () => bell.ring(Number($("[name=volume]").value)));

	const wish = $("[name=notify]"), button = $("button", permit);

	function show() {
		const state = window.Notification?.permission ?? "missing";
		permit.hidden = !wish.checked;
		$("span", permit).textContent = permit.dataset[state];
		button.hidden = state !== "default";
	}

	async function ask() {
		if (wish.checked && window.Notification?.permission === "default") await Notification.requestPermission();
		show();
	}

	wish.addEventListener("change", ask);
	button.addEventListener("click", ask);
	show();
})();
