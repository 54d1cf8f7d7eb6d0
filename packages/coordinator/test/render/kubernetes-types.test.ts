import test from "ava";
import { coreAddOns } from "../../src/render/addons/core-add-ons.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf } from "./fleet-of.ts";
import { GOLDEN_CASES } from "./golden-cases.ts";
import { misfits } from "./kubernetes-types.ts";
import { readTree } from "./node-tree.ts";

for (const one of GOLDEN_CASES) {
	test(`every manifest of ${one.name} has only fields that the Kubernetes API has, with its types`, (t) => {
		const document = documentOf(one.document);
		const { fleet, seated } = fleetOf(document, one.facts);
		const place = seated[one.seat];
		if (!place) return t.fail();
		const rendered = renderTarget(fleet, place.machine, place.seat);
		if (!rendered.ok) return t.fail(rendered.reason);
		const { pods } = readTree(rendered.content);
		t.deepEqual(
			pods.flatMap(({ path, pod }) => misfits(pod, "V1Pod", path)),
			[],
		);
		const addOns = coreAddOns(document);
		t.deepEqual(
			addOns.flatMap((manifest) => misfits(manifest, `V1${manifest.kind}`)),
			[],
		);
	});
}

test("a field that does not exist, and a value of another type, are found", (t) => {
	const pod = { apiVersion: "v1", kind: "Pod", spec: { containers: [{ name: 1, imagePolicy: "Always" }] } };
	t.deepEqual(misfits(pod, "V1Pod"), [
		"V1Pod.spec.containers[0].name: string is wanted",
		"V1Pod.spec.containers[0].imagePolicy: V1Container has no such field",
	]);
});
