import { encode, ReportReply, upSubject } from "@rollcall/protocol";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { connectAs, enroll, join, newIncarnation } from "../support/incarnation.ts";

test("a boot that said good-bye makes room for the next at once; nobody says it for another machine", async (t) => {
	const coordinator = await startCoordinator(t);
	const first = newIncarnation();
	const reply = await join(coordinator, first);
	const connection = await connectAs(t, first, reply);
	const other = newIncarnation();
	const stranger = await connectAs(t, other, await join(coordinator, other));
	const next = newIncarnation({ uuid: first.facts.smbios.uuid ?? "", mac: first.facts.nics[0]?.mac ?? "" });
	const comes = async () => {
		const answer = await enroll(coordinator, next, { token: await coordinator.enrollToken() });
		return answer.ok ? "let in" : answer.problem.code;
	};
	const health = `sha256:${"0".repeat(64)}`;
	connection.publish(upSubject(reply.machineId, "beat"), encode({ bootId: first.facts.bootId, generation: 0, health }));
	t.is(await comes(), "boot-waits");
	await t.throwsAsync(
		stranger.request(upSubject(reply.machineId, "bye"), encode({ bootId: first.facts.bootId }), { timeout: 2_000 }),
	);
	t.is(await comes(), "boot-waits");
	const answer = await connection.request(upSubject(reply.machineId, "bye"), encode({ bootId: first.facts.bootId }));
	t.deepEqual(ReportReply.parse(answer.json()), { kind: "ok" });
	t.is(await comes(), "let in");
	const leases = await eventsOf(coordinator, "lease-changed");
	t.deepEqual(
		leases.filter(({ goodBye }) => goodBye).map(({ machineId }) => machineId),
		[reply.machineId],
	);
});
