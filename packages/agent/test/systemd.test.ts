import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { isGoingDown } from "../src/adapters/systemd/going-down.ts";
import { createNotify } from "../src/adapters/systemd/notify.ts";
import { createSystemdUnits } from "../src/adapters/systemd/systemctl.ts";
import { UnitError } from "../src/errors.ts";

import { createRecorder } from "./support/recorder.ts";

const SHOW = 'printf "ActiveState=%s\\nSubState=%s\\nResult=%s\\nLoadState=loaded\\n"';

test.serial("systemctl is called with its unit behind --, so that no name can be an option", async (t) => {
	const recorder = createRecorder(t);
	recorder.program("systemctl", "exit 0");
	const units = createSystemdUnits();
	await units.reload();
	await units.start("k.service");
	await units.restart("k.service");
	await units.stop("-x.service");
	await units.reboot();
	t.deepEqual(recorder.calls(), [
		"systemctl --no-ask-password daemon-reload",
		"systemctl --no-ask-password start -- k.service",
		"systemctl --no-ask-password restart -- k.service",
		"systemctl --no-ask-password stop -- -x.service",
		"systemctl --no-ask-password reboot",
	]);
});

test.serial("the system goes down when systemd says that it stops, and in no other state", async (t) => {
	const recorder = createRecorder(t);
	for (const [word, code] of [
		["running", 0],
		["degraded", 1],
		["starting", 1],
		["maintenance", 1],
		["offline", 1],
		["stopping", 1],
	] as const) {
		recorder.program("systemctl", `echo ${word}; exit ${code}`);
		t.is(await isGoingDown(), word === "stopping", word);
	}
	recorder.program("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
	t.false(await isGoingDown());
});

test.serial("the state of a unit is systemd's, in our words and in its own", async (t) => {
	const recorder = createRecorder(t);
	const units = createSystemdUnits();
	for (const [word, active] of [
		["active", "active"],
		["reloading", "active"],
		["activating", "activating"],
		["failed", "failed"],
		["inactive", "inactive"],
		["maintenance", "unknown"],
	] as const) {
		recorder.program("systemctl", `${SHOW} ${word} dead exit-code`);
		t.deepEqual(await units.state("k.service"), { active, detail: `${word} (dead), result exit-code, loaded` });
	}
});

test.serial("a unit that fails to start throws the unit, the action, systemd's words and its state", async (t) => {
	const recorder = createRecorder(t);
	recorder.program(
		"systemctl",
		`case "$2" in show) ${SHOW} failed failed exit-code;; *) echo "Job for k.service failed." >&2; exit 1;; esac`,
	);
	const error = await t.throwsAsync(createSystemdUnits().start("k.service"), { instanceOf: UnitError });
	t.is(error.message, "k.service: start failed: Job for k.service failed. [failed (failed), result exit-code, loaded]");
});

test.serial("a unit that systemd holds back for having failed too often is freed and started", async (t) => {
	const recorder = createRecorder(t);
	const script = `case "$2" in
show) ${SHOW} failed failed start-limit-hit;;
reset-failed) touch "$0.freed";;
start) [ -e "$0.freed" ] || { echo "Start request repeated too quickly" >&2; exit 1; };;
esac`;
	recorder.program("systemctl", script);
	await createSystemdUnits().start("k.service");
	t.deepEqual(
		recorder.calls().map((call) => call.split(" ")[2]),
		["start", "show", "reset-failed", "start"],
	);
});

test.serial("the failure that systemd remembers of a unit goes before the start", async (t) => {
	const recorder = createRecorder(t);
	recorder.program("systemctl", "exit 0");
	const units = createSystemdUnits();
	await units.restart("k.service", true);
	await units.start("k.service", false);
	t.deepEqual(
		recorder.calls().map((call) => call.split(" ")[2]),
		["reset-failed", "restart", "start"],
	);
});

test.serial(
	"a start may take as long as it works, itself or by a unit that it requires; one that does nothing has failed",
	async (t) => {
		const recorder = createRecorder(t);
		// systemd counts nanoseconds: containerd works for the import, a second of processor time at each look.
		const script = `case "$2 $4" in
"show Requires") echo "containerd.service system.slice";;
"show CPUUsageNSec") n=$(($(cat "$0.n" 2>/dev/null || echo 0) + STEP)); echo $n > "$0.n"; printf "[not set]\n\n%s\n" $n;;
"show "*) ${SHOW} activating start success;;
start*) sleep LENGTH;;
esac`;
		const units = createSystemdUnits({ stalledMs: 600, lookMs: 100 });
		recorder.program("systemctl", script.replace("STEP", "1500000000").replace("LENGTH", "3"));
		await t.notThrowsAsync(units.start("rollcall-images-all.service"));
		recorder.program("systemctl", script.replace("STEP", "1000").replace("LENGTH", "60"));
		await t.throwsAsync(units.start("rollcall-images-all.service"), {
			message: /^rollcall-images-all.service: the start did nothing for 0.6 s/,
		});
	},
);

test.serial("the journal is read with a bound and a cursor; bytes and strange lines are no obstacle", async (t) => {
	const recorder = createRecorder(t);
	const lines = [
		'{"__REALTIME_TIMESTAMP":"1763665000000000","__CURSOR":"s=1","SYSLOG_IDENTIFIER":"kubelet","MESSAGE":"hello"}',
		"not json",
		'{"__REALTIME_TIMESTAMP":"1763665000000000","__CURSOR":"s=2","_COMM":"sh","MESSAGE":[104,105]}',
	];
	recorder.program("journalctl", `cat <<'END'\n${lines.join("\n")}\nEND`);
	const units = createSystemdUnits();
	t.deepEqual(await units.logs({ unit: "k.service", lines: 5, cursor: "s=0" }), {
		kind: "logs",
		lines: ["2025-11-20T18:56:40.000Z kubelet: hello", "2025-11-20T18:56:40.000Z sh: hi"],
		cursor: "s=2",
	});
	await units.logs({ lines: 5, sinceSeconds: 90 });
	t.deepEqual(recorder.calls(), [
		"journalctl --no-pager -q -o json -n 5 -u k.service --after-cursor=s=0",
		"journalctl --no-pager -q -o json -n 5 --since=-90s",
	]);
	recorder.program("journalctl", `for i in $(seq 200); do printf '{"MESSAGE":"%2000s"}\\n' $i; done`);
	const long = await units.logs({ lines: 1000 });
	t.true(JSON.stringify(long).length < 120 * 1024);
	t.regex(long.lines.at(-1) ?? "", / 200$/);
});

test.serial(
	"systemd is told when the agent is ready, alive at half of the watchdog's time, and stopping",
	async (t) => {
		const recorder = createRecorder(t);
		recorder.program("systemd-notify", "exit 0");
		const notify = createNotify({ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "200000" }, 7);
		notify.ready("running");
		await eventually(
			"two signs of life",
			() => recorder.calls().filter((call) => call.endsWith("WATCHDOG=1")).length >= 2,
		);
		notify.end();
		await notify.stopping();
		t.true(recorder.calls().includes("systemd-notify --ready --status=running"));
		t.is(recorder.calls().at(-1), "systemd-notify STOPPING=1");
	},
);

test.serial("nobody is told anything when systemd did not start the agent", async (t) => {
	const recorder = createRecorder(t);
	recorder.program("systemd-notify", "exit 0");
	const notify = createNotify({}, 7);
	notify.ready("running");
	await notify.stopping();
	t.deepEqual(recorder.calls(), []);
});
