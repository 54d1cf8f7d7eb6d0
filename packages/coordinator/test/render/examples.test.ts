import { TargetContent } from "@rollcall/protocol";
import test from "ava";
import { renderTarget } from "../../src/render/render-target.ts";
import { example, fleetOf, labFacts } from "./fleet-of.ts";

for (const [name, machines] of [
	["three-nodes", 3],
	["ha", 6],
	["file-server", 3],
] as const) {
	test(`every seat of deploy/examples/${name}.yaml gets a target that the protocol accepts`, (t) => {
		const { fleet, seated } = fleetOf(
			example(name),
			Array.from({ length: machines }, (_, index) => labFacts(index)),
		);
		t.is(seated.length, machines);
		for (const { machine, seat } of seated) {
			const rendered = renderTarget(fleet, machine, seat);
			if (!rendered.ok) return t.fail(rendered.reason);
			t.deepEqual(TargetContent.parse(rendered.content), rendered.content);
		}
	});
}

test("rendering twice gives equal targets", (t) => {
	const { fleet, seated } = fleetOf(example("ha"), [labFacts(0), labFacts(1), labFacts(2), labFacts(3)]);
	for (const { machine, seat } of seated)
		t.deepEqual(renderTarget(fleet, machine, seat), renderTarget(fleet, machine, seat));
});
