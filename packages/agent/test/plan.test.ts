import fc from "@rollcall/test-support/properties";
import test from "ava";
import { backoff } from "../src/domain/backoff.ts";
import { foldersBetween, isBelow } from "../src/domain/confine.ts";
import { mergeChanges, planFiles } from "../src/domain/plan-files.ts";
import { planUnits, UNIT_FOLDER } from "../src/domain/plan-units.ts";

const path = fc.constantFrom(
	"/etc/kubernetes/a",
	"/etc/kubernetes/b/c",
	"/etc/kubernetes/b/d",
	"/opt/rollcall/e",
	"/opt/rollcall/f/g/h",
);
const paths = fc.uniqueArray(path);
const unit = fc.constantFrom("a.service", "b.service", "c.socket", "d.mount");

test("backoff: never above its maximum, never below half of its base, for any input", (t) => {
	fc.assert(
		fc.property(
			fc.integer(),
			fc.double(),
			fc.integer({ min: 1, max: 10_000 }),
			fc.integer({ min: 0, max: 1e6 }),
			(attempt, random, baseMs, more) => {
				const rule = { baseMs, maxMs: baseMs + more };
				const wait = backoff(rule, attempt, Number.isNaN(random) ? 0 : random);
				t.true(wait >= Math.floor(baseMs / 2) && wait <= rule.maxMs);
			},
		),
	);
	t.is(backoff({ baseMs: 100, maxMs: 10_000 }, 3, 0), 400);
	t.is(backoff({ baseMs: 100, maxMs: 10_000 }, 3, 0.999_999), 800);
});

test("planFiles: changes what differs and what is not wanted any more, and nothing else", (t) => {
	fc.assert(
		fc.property(paths, paths, paths, paths, (wanted, owned, existing, equal) => {
			const found = new Map(
				[...wanted, ...owned].map((one) => [
					one,
					{ exists: existing.includes(one), same: existing.includes(one) && equal.includes(one) },
				]),
			);
			const plan = planFiles({
				wanted,
				owned,
				found,
				folders: new Set(["/etc", "/opt"]),
				writeRoots: ["/etc/kubernetes", "/opt/rollcall"],
			});
			for (const one of new Set([...wanted, ...owned])) {
				const change = plan.changes.find((candidate) => candidate.path === one);
				if (wanted.includes(one)) t.is(change?.kind, found.get(one)?.same ? undefined : "write");
				else t.is(change?.kind, existing.includes(one) ? "remove" : undefined);
			}
			for (const change of plan.changes.filter(({ kind }) => kind === "write")) {
				const root = change.path.startsWith("/etc") ? "/etc/kubernetes" : "/opt/rollcall";
				for (const folder of foldersBetween(root, change.path)) t.true(plan.folders.includes(folder));
			}
		}),
	);
});

test("mergeChanges: an interrupted apply's view of what was there before stays", (t) => {
	const merged = mergeChanges(
		[{ path: "/a", kind: "write", existed: false }],
		[
			{ path: "/a", kind: "remove", existed: true },
			{ path: "/b", kind: "write", existed: true },
		],
	);
	t.deepEqual(merged, [
		{ path: "/a", kind: "remove", existed: false },
		{ path: "/b", kind: "write", existed: true },
	]);
});

test("planUnits: every wanted unit runs afterwards, no other one does, and untouched ones are left alone", (t) => {
	fc.assert(
		fc.property(
			fc.uniqueArray(unit),
			fc.uniqueArray(unit),
			fc.uniqueArray(unit),
			fc.uniqueArray(unit),
			(wanted, owned, running, touched) => {
				const changed = touched.map((name) => `${UNIT_FOLDER}/${name}`);
				const plan = planUnits({
					wanted: wanted.map((name) => ({ name, restartOn: [] })),
					owned,
					changed,
					running: new Set(running),
				});
				t.deepEqual(plan.stop, owned.filter((name) => !wanted.includes(name)).reverse());
				t.is(plan.reload, touched.length > 0);
				for (const name of wanted) {
					const action = plan.begin.find((step) => step.unit === name)?.action;
					t.is(action, touched.includes(name) ? "restart" : running.includes(name) ? undefined : "start");
				}
			},
		),
	);
});

const purpose = fc.constantFrom("apply" as const, "renew" as const, "mend" as const);

test("planUnits: the unit that mounts memory that must stay is neither stopped nor restarted", (t) => {
	fc.assert(
		fc.property(fc.uniqueArray(unit), fc.uniqueArray(unit), purpose, unit, (wanted, owned, purpose, kept) => {
			const plan = planUnits({
				wanted: wanted.map((name) => ({ name, restartOn: [] })),
				owned,
				kept,
				purpose,
				changed: [...wanted, ...owned].map((name) => `${UNIT_FOLDER}/${name}`),
				running: new Set([...wanted, ...owned]),
			});
			return !plan.stop.includes(kept) && !plan.begin.some(({ unit, action }) => unit === kept && action === "restart");
		}),
	);
	t.pass();
});

test("planUnits: a drop-in and a file of restartOn restart their unit, a manifest does not", (t) => {
	const plan = (changed: string[]) =>
		planUnits({
			wanted: [{ name: "k.service", restartOn: ["/etc/k.conf"] }],
			owned: [],
			changed,
			running: new Set(["k.service"]),
		});
	t.is(plan([`${UNIT_FOLDER}/k.service.d/10.conf`]).begin.length, 1);
	t.is(plan(["/etc/k.conf"]).begin.length, 1);
	t.deepEqual(plan(["/etc/kubernetes/manifests/a.yaml"]), { stop: [], reload: false, begin: [] });
});

test("isBelow: names that only begin like a write root are not below it", (t) => {
	t.false(isBelow("/etc/kubernetes-evil/a", ["/etc/kubernetes"]));
	t.false(isBelow("/etc/kubernetes", ["/etc/kubernetes"]));
	t.true(isBelow("/etc/kubernetes/a", ["/etc/kubernetes"]));
});
