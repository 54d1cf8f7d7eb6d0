import type { Event } from "./events.ts";

/** How much an event matters to a person: error needs one, warning may, info does not. */
export const SEVERITIES = ["info", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

const BY_TYPE: Partial<Record<Event["type"], Severity>> = {
	"enrollment-refused": "error",
	"requests-refused": "warning",
	"token-ending": "warning",
	"identity-conflict": "error",
	"fenced-incarnation-spoke": "error",
	"target-impossible": "error",
	"target-expired": "error",
	"machine-rejected": "warning",
	"boot-refused": "error",
	"boot-stuck": "warning",
	"hellos-cut": "warning",
	"machine-released": "warning",
	"incarnation-fenced": "warning",
	"machine-removed": "warning",
};

/** The severity of one event. */
export function severityOf(event: Event): Severity {
	switch (event.type) {
		case "lease-changed":
			return { alive: "info", suspect: "warning", lost: "error" }[event.lease] as Severity;
		case "machine-clock-changed":
			return event.offMs === 0 ? "info" : "warning";
		case "certificate-validity-changed":
			return event.validity === "valid" ? "info" : "error";
		case "api-changed":
			return event.ready ? "info" : "error";
		case "seats-empty":
			return event.empty === 0 ? "info" : "warning";
		case "health-changed":
			return event.health.every(({ healthy }) => healthy) ? "info" : "warning";
		case "target-progress":
			return event.progress.state === "rejected" ? "error" : "info";
		case "cluster-checked":
			return event.outcome === "failed" ? "error" : "info";
		case "command-ended":
			return event.outcome === "done" ? "info" : "error";
		default:
			return BY_TYPE[event.type] ?? "info";
	}
}
