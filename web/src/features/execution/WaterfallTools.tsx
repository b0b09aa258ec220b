import { Switch, TextInput } from "@mantine/core";
import { type KeyboardEvent, memo, type Ref } from "react";
import { count, counted, duration } from "../../lib/format";
import { nextHit } from "../../lib/search";
import { Icon } from "../../ui/icons";
import type { WaterfallModel } from "./useWaterfall";

interface Props {
  readonly model: WaterfallModel;
  readonly field: Ref<HTMLInputElement>;
  readonly onSelect: (position: number) => void;
}

/** Find, the switches, and what stretch of time is shown. */
export function WaterfallTools({ model, field, onSelect }: Props) {
  const { view, whole, warp, find, found, selected, set } = model;
  return (
    <div className="tools">
      <FindField find={find} found={found} selected={selected} onSelect={onSelect} set={set} field={field} />
      <Switches
        hasPath={model.critical.length > 0}
        hasBands={model.bands.length > 0}
        onlyPath={model.onlyPath}
        foldsRepeats={model.foldsRepeats}
        showsBands={model.showsBands}
        cutsGaps={model.cutsGaps}
        cuts={warp.cuts.length}
        set={set}
      />
      <span className="sp" />
      <span className="t12 m tn">
        {duration(warp.from(view.from))} – {duration(warp.from(view.to))}
      </span>
      <button type="button" className="more" onClick={() => model.show(whole)}>
        Fit&nbsp;<kbd>0</kbd>
      </button>
    </div>
  );
}

interface SwitchProps
  extends Pick<WaterfallModel, "onlyPath" | "foldsRepeats" | "showsBands" | "cutsGaps" | "set"> {
  readonly hasPath: boolean;
  readonly hasBands: boolean;
  readonly cuts: number;
}

/** Not drawn anew while the view moves. */
const Switches = memo(function Switches(props: SwitchProps) {
  const { hasPath, hasBands, onlyPath, foldsRepeats, showsBands, cutsGaps, cuts, set } = props;
  return (
    <>
      {hasPath && (
        <Choice
          label="Critical path only"
          isOn={onlyPath}
          onChange={() => set({ path: onlyPath ? null : "only" })}
        />
      )}
      <Choice
        label="Fold repeats"
        isOn={foldsRepeats}
        onChange={() => set({ repeats: foldsRepeats ? "all" : null })}
      />
      {hasBands && (
        <Choice
          label="Loop blocks"
          isOn={showsBands}
          onChange={() => set({ loop: showsBands ? "off" : null })}
        />
      )}
      <Choice
        label={cuts > 0 ? `Compress gaps (${counted(cuts, "cut")})` : "Compress gaps"}
        isOn={cutsGaps}
        onChange={() => set({ gaps: cutsGaps ? null : "cut", zoom: null })}
      />
    </>
  );
});

function Choice({
  label,
  isOn,
  onChange,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: () => void;
}) {
  return <Switch size="xs" withThumbIndicator={false} label={label} checked={isOn} onChange={onChange} />;
}

interface FindProps extends Pick<WaterfallModel, "find" | "found" | "selected" | "set"> {
  readonly field: Ref<HTMLInputElement>;
  readonly onSelect: (position: number) => void;
}

const FindField = memo(function FindField({ find, found, selected, onSelect, set, field }: FindProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") {
      const next = nextHit(found, selected, !event.shiftKey);
      if (next >= 0) onSelect(next);
    }
    if (event.key === "Escape") {
      set({ find: null });
      event.currentTarget.blur();
    }
  };
  return (
    <TextInput
      ref={field}
      w={230}
      aria-label="Find step"
      placeholder="Find step"
      value={find}
      leftSection={<Icon name="search" size={13} />}
      rightSection={find ? <span className="t11 s">{count(found.length)}</span> : <kbd>/</kbd>}
      onChange={(event) => set({ find: event.currentTarget.value || null })}
      onKeyDown={onKeyDown}
    />
  );
});
