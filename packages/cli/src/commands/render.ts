import type { AddCommand } from "../session.ts";
import { addRenderDhcp } from "./render-dhcp.ts";
import { addRenderDnsmasq } from "./render-dnsmasq.ts";
import { addRenderNode } from "./render-node.ts";

/** `rollcall render ...`: what a coordinator would say, without one. By itself: the tree of a machine. */
export const addRender: AddCommand = (program, run) => {
	const render = program
		.command("render")
		.description("the files of a machine, and configurations, without a coordinator");
	addRenderNode(render, run);
	addRenderDnsmasq(render, run);
	addRenderDhcp(render, run);
};
