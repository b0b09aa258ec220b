import { Input, SegmentedControl, Select, useMantineColorScheme } from "@mantine/core";
import { DENSITIES, DENSITY, type Density, keepDensity } from "../../lib/density";
import { allZones, keepZone, LOCAL_ZONE, ZONE } from "../../lib/zone";

/** What is chosen for this browser alone. */
export function ThisDevice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <section className="card" aria-label="This device">
      <div className="hd">
        <h2>This device</h2>
        <span className="m t12">kept in this browser only</span>
      </div>
      <div className="settings-form">
        <Input.Wrapper label="Theme" labelElement="div">
          <SegmentedControl
            aria-label="Theme"
            value={colorScheme}
            data={[
              { value: "auto", label: "As the system" },
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
            ]}
            onChange={(value) => setColorScheme(value as typeof colorScheme)}
          />
        </Input.Wrapper>
        <Input.Wrapper label="Rows of tables" labelElement="div">
          <SegmentedControl
            aria-label="Rows of tables"
            value={DENSITY}
            data={DENSITIES.map((value) => ({ value, label: value[0]?.toUpperCase() + value.slice(1) }))}
            onChange={(value) => {
              keepDensity(value as Density);
              location.reload();
            }}
          />
        </Input.Wrapper>
        <Select
          label="Time zone"
          data={[...allZones()]}
          value={ZONE}
          searchable
          allowDeselect={false}
          limit={50}
          onChange={(zone) => {
            keepZone(zone ?? LOCAL_ZONE);
            location.reload();
          }}
        />
      </div>
    </section>
  );
}
