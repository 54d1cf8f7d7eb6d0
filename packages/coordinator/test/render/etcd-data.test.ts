import test from "ava";
import { renderTarget } from "../../src/render/render-target.ts";
import { example, fleetOf, labFacts } from "./fleet-of.ts";
import { nodeTree } from "./node-tree.ts";

const GI = 2 ** 30;

test("etcd's data has memory of its own, whose unit is the same for every machine and is started before kubelet", (t) => {
	const texts = [4, 8, 64].map((size) => {
		const memory = { totalBytes: size * GI, availableBytes: size * GI };
		const { fleet, seated } = fleetOf(example("three-nodes"), [labFacts(0, { memory })]);
		const [place] = seated;
		const rendered = place && renderTarget(fleet, place.machine, place.seat);
		if (!rendered?.ok) throw new Error(rendered?.reason);
		const units = rendered.content.units.map(({ name }) => name);
		t.true(units.indexOf("var-lib-etcd.mount") < units.indexOf("kubelet.service"));
		return rendered.content.files.find(({ path }) => path.endsWith("/var-lib-etcd.mount"))?.content;
	});
	t.is(new Set(texts).size, 1, "a changed unit is started anew, and everything in it would be lost");
	t.regex(texts[0] ?? "", /^Options=size=30%%,mode=0700,/m);
	t.false(nodeTree("worker").content.units.some(({ name }) => name === "var-lib-etcd.mount"));
});
