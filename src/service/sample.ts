/** What a new installation's configuration says: nothing yet, but where to begin. */
export const sampleConfig = `# Nightjar's configuration. Every key: docs/configuration.md. Try it: nightjar check

# Without accounts, only this machine may look. For the others, if you trust your network:
# listen: 0.0.0.0:6478
# auth: none

# storage: { path: /mnt/cctv }

channels:
#  front-door:
#    name: Front door
#    source: rtsp://user:password@192.168.0.186:554/stream1
#    keep: { days: 5 }
`;
