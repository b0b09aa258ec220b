import dagre from "@dagrejs/dagre";
import { useQuery } from "@tanstack/react-query";
import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { useMemo } from "react";
import { questionOfOneQuery } from "../../api/questions";
import type { GraphEdge, GraphNode, StepGraph } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { count, counted, duration, percent } from "../../lib/format";
import { kindOf } from "../../lib/shares";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { useScheme } from "../../ui/useTokens";
import "@xyflow/react/dist/style.css";

interface Props {
  readonly executionId: string;
  readonly onPick: (id: string) => void;
}

const WIDTH = 190;
const HEIGHT = 46;

/** Steps and agents as a graph: who called whom, what waited for what, and whose output fed which input. */
export default function GraphTab({ executionId, onPick }: Props) {
  const query = useQuery(questionOfOneQuery<StepGraph>("graph", executionId));
  return (
    <Asked query={query} what="The graph" heights={[460]}>
      {(graph) => <Drawn graph={graph} onPick={onPick} />}
    </Asked>
  );
}

function Drawn({ graph, onPick }: { readonly graph: StepGraph; readonly onPick: (id: string) => void }) {
  const scheme = useScheme();
  const { nodes, edges, height } = useMemo(() => layOut(graph), [graph]);
  const flows = graph.edges.filter(({ kind }) => kind === "data");
  return (
    <div className="graph">
      <div className="tools t12 m">
        <span className="edge-key call">calls</span>
        <span className="edge-key handoff">hands over to an agent</span>
        <span className="edge-key order">then</span>
        <span className="edge-key data">output feeds input ({count(flows.length)})</span>
        <span className="sp" />
        {graph.texts === 0 && "No inputs and outputs were recorded, so that data cannot be followed."}
        {graph.left_out > 0 && ` ${counted(graph.left_out, "deeper step")} left out`}
      </div>
      <div className="graph-frame" style={{ height: Math.min(1100, Math.max(460, height * 0.85 + 40)) }}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          fitView
          minZoom={0.1}
          nodesDraggable={false}
          nodesConnectable={false}
          onNodeClick={(_, node) => onPick(node.id)}
        >
          <Background gap={22} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      <table className="hidden">
        <caption>Edges of the graph</caption>
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th>Kind</th>
            <th>Evidence</th>
          </tr>
        </thead>
        <tbody>
          {graph.edges.map((edge) => (
            <tr key={`${edge.source}-${edge.target}-${edge.kind}`}>
              <td>{nameIn(graph, edge.source)}</td>
              <td>{nameIn(graph, edge.target)}</td>
              <td>{edge.kind}</td>
              <td>{edge.words}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const nameIn = (graph: StepGraph, id: string) =>
  graph.nodes.find(({ node_id }) => node_id === id)?.name ?? id;

type StepNode = Node<{ node: GraphNode }>;

function Box({ data: { node } }: { readonly data: StepNode["data"] }) {
  return (
    <div className={node.is_agent ? "graph-node agent" : "graph-node"} title={node.name}>
      <Handle type="target" position={Position.Top} />
      <div className="name">
        {node.is_agent ? <Icon name="agent" size={12} /> : <Swatch kind={kindOf(node.category)} />}{" "}
        {node.times > 1 ? `${node.name} ×${node.times}` : node.name}
      </div>
      <div className="t11 m tn">
        {duration(node.duration_ns)}
        {node.critical_ns > 0 && ` · ${percent(node.share)} of the path`}
      </div>
      <i style={{ width: `${node.share * 100}%` }} />
      <Handle type="source" position={Position.Bottom} />
    </div>
  );
}

const NODE_TYPES = { step: Box };

const COLOURS: Readonly<Record<string, string>> = {
  call: "var(--line-2)",
  order: "var(--subtle)",
  handoff: "var(--ink)",
  data: "var(--link)",
};

function edgeOf({ source, target, kind, words }: GraphEdge): Edge {
  const stroke = COLOURS[kind] ?? "var(--line-2)";
  return {
    id: `${source}-${target}-${kind}`,
    source,
    target,
    ...(words ? { label: words } : {}),
    style: {
      stroke,
      strokeWidth: kind === "data" ? 1.8 : 1.2,
      ...(kind === "call" ? { strokeDasharray: "3 3" } : {}),
    },
    labelStyle: { fill: "var(--muted)", fontSize: 10 },
    labelBgStyle: { fill: "var(--card)" },
    markerEnd: { type: MarkerType.ArrowClosed, color: stroke, width: 14, height: 14 },
  };
}

/** From top to bottom, as time goes. Edges of data do not move the nodes: order and calls give the places. */
function layOut(graph: StepGraph): { nodes: StepNode[]; edges: Edge[]; height: number } {
  const layout = new dagre.graphlib.Graph();
  layout.setGraph({ rankdir: "TB", nodesep: 14, ranksep: 22 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const { node_id } of graph.nodes) layout.setNode(node_id, { width: WIDTH, height: HEIGHT });
  for (const { source, target, kind } of graph.edges) if (kind !== "data") layout.setEdge(source, target);
  dagre.layout(layout);
  const nodes = graph.nodes.map((node) => {
    const { x, y } = layout.node(node.node_id);
    return {
      id: node.node_id,
      type: "step",
      position: { x: x - WIDTH / 2, y: y - HEIGHT / 2 },
      data: { node },
    };
  });
  return { nodes, edges: graph.edges.map(edgeOf), height: layout.graph().height ?? 0 };
}
