// SPDX-License-Identifier: GPL-2.0-only
// Shows what running jobs say, and that there is news. Pages work without it.
"use strict";
const root = document.currentScript.src.replace(/live\.js$/, "");
new EventSource(root + "events").addEventListener("state", (event) => {
	const state = JSON.parse(event.data);
	for (const place of document.querySelectorAll("[data-live]")) {
		const says = state.says[place.dataset.key];
		if (place.dataset.live === "counts") {
			place.textContent = `${state.running} running, ${state.queued} queued`;
		} else if (place.dataset.live === "news") {
			place.hidden = String(state.seen) === place.dataset.seen;
		} else if (says !== undefined) {
			place.textContent = says;
		}
	}
});
