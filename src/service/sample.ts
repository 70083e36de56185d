/** What a new installation's configuration says: nothing yet, but where to begin. */
export const sampleConfig = `# Nightjar's configuration. Every key: docs/configuration.md. Try it: nightjar check
# Cameras are added on the pages, below Settings, or here by hand; then: systemctl reload nightjar

# storage: { path: /mnt/cctv }

channels:
#  front-door:
#    name: Front door
#    source: rtsp://user:password@192.168.0.186:554/stream1
#    keep: { days: 5 }
`;
