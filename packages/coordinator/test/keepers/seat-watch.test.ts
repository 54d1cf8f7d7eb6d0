import { EventSchema, severityOf } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { migrateFleet } from "../../src/domain/fleet-form.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { describe } from "../../src/domain/views/describe.ts";
import { watchSeats } from "../../src/keepers/seat-watch.ts";
import { Story } from "../domain/story.ts";

const plane = { name: "cp", role: "control-plane", count: 1 } as const;
const workers = { name: "w", role: "worker", count: 3 } as const;
const rest = { ...workers, count: "rest" } as const;

/** A watch of a story's fleet, which looks whenever five seconds have passed. */
function watched(t: ExecutionContext, story = new Story()) {
	const lead = { leads: true };
	const start = () => {
		const watch = watchSeats({
			core: {
				fleet: () => story.fleet,
				leadership: () => ({ leads: lead.leads, url: undefined }),
				submit: async (input) => story.take(input),
			},
			clock: { now: () => story.at, monotonic: () => story.at },
		});
		t.teardown(() => watch.close());
		return watch;
	};
	let watch = start();
	return {
		story,
		lead,
		restart() {
			watch.close();
			watch = start();
		},
		async pass(seconds: number) {
			for (let passed = 0; passed < seconds; passed += 5) {
				story.pass(5);
				await watch.look();
			}
		},
		told: () => story.all("seats-empty").map(({ slot, empty, seats }) => [slot, empty, seats]),
	};
}

test("seats that stay empty are told once, with a warning, and once more when the last of them is filled", async (t) => {
	const { story, pass, told } = watched(t);
	story.declare([plane, workers]);
	for (const name of ["a", "b"]) story.join({ name });
	await pass(110);
	t.deepEqual(told(), [], "machines may still boot");
	await pass(3600);
	t.deepEqual(told(), [["w", 2, 3]]);
	const [event] = story.all("seats-empty");
	t.is(event && describe(event), "2 of 3 seats of slot w (worker) are empty");
	t.is(event && severityOf(event), "warning");
	t.deepEqual(EventSchema.parse(JSON.parse(JSON.stringify(event))), JSON.parse(JSON.stringify(event)));
	story.join({ name: "c" });
	story.join({ name: "d" });
	await pass(5);
	t.deepEqual(told(), [
		["w", 2, 3],
		["w", 0, 3],
	]);
	const last = story.all("seats-empty").at(-1);
	t.is(last && describe(last), "no declared seat of slot w (worker) is empty any more");
	t.is(last && severityOf(last), "info");
	await pass(3600);
	t.is(told().length, 2);
});

test("a restart, another leader, a snapshot and a document that changes nothing tell no empty seat again", async (t) => {
	const { story, lead, restart, pass, told } = watched(t);
	story.declare([plane, rest]);
	await pass(300);
	t.deepEqual(told(), [["cp", 1, 1]]);
	restart();
	await pass(300);
	lead.leads = false;
	await pass(300);
	lead.leads = true;
	story.fleet = fleetFromJson(migrateFleet(JSON.parse(JSON.stringify(fleetToJson(story.fleet))))) ?? story.fleet;
	story.declare([plane, rest]);
	story.declare([plane, rest], { kubernetes: { version: "1.36.3" } });
	await pass(300);
	t.deepEqual(told(), [["cp", 1, 1]]);
});

test("a coordinator that follows tells nothing, and tells at once what has been so for long when it leads", async (t) => {
	const { story, lead, pass, told } = watched(t);
	lead.leads = false;
	story.declare([plane]);
	await pass(300);
	t.deepEqual(told(), []);
	lead.leads = true;
	await pass(5);
	t.deepEqual(told(), [["cp", 1, 1]]);
});

test("a machine that boots anew, or is lost, keeps its seat: nothing is told of it", async (t) => {
	const { story, pass, told } = watched(t);
	story.declare([plane]);
	const id = story.join({ name: "a" });
	story.silent.add(id);
	await pass(600);
	t.is(story.machine(id).lease, "lost");
	story.silent.delete(id);
	story.join({ name: "a", boot: 2 });
	await pass(600);
	t.deepEqual(told(), []);
});

test("a seat that comes and goes is told at most once in two minutes, and a slot that is declared no more ends", async (t) => {
	const { story, pass, told } = watched(t);
	story.declare([plane, rest]);
	const id = story.join({ name: "a" });
	for (let round = 0; round < 40; round++) {
		story.take({ kind: "pin-role", machineId: id, role: "worker", by: "test", acceptLoss: "control-plane" });
		await pass(60);
		story.take({ kind: "pin-role", machineId: id, role: null, by: "test" });
		await pass(60);
	}
	t.deepEqual(told(), []);
	story.take({ kind: "pin-role", machineId: id, role: "worker", by: "test", acceptLoss: "control-plane" });
	await pass(200);
	t.deepEqual(told(), [["cp", 1, 1]]);
	story.declare([rest]);
	await pass(200);
	t.deepEqual(told(), [
		["cp", 1, 1],
		["cp", 0, 0],
	]);
	t.is(story.fleet.emptySeats, undefined);
});
