"""Abstract dependencies; the lock files requirements*.txt are compiled from them with `make lock`."""

from setuptools import find_packages, setup

setup(
    name="phase6-export",
    version="0.1.0",
    description="Turns a prediction warehouse into a static JSON API with Apache Beam",
    license="Apache-2.0",
    python_requires=">=3.10",
    entry_points={"console_scripts": ["phase6=pipeline.cli:main"]},
    packages=find_packages(include=["pipeline*", "transforms*", "exporters*", "demo*"]),
    package_data={
        "exporters": ["**/*.schema.json"],
        "transforms": ["status_page/*.html", "status_page/*.css", "status_page/*.js", "status_page/*.schema.json"],
        "pipeline": ["build.json"],
    },
    install_requires=[
        "apache-beam[gcp]>=2.77,<3",
        "certifi>=2024.2",
        "click>=8.5,<9",  # the phase6 command: subcommands, help, completion; imported in 50 ms
        "google-api-core>=2.20",
        "google-auth>=2.35",
        "google-cloud-bigquery-storage>=2.27",
        "google-cloud-bigquery>=3.27",
        "google-cloud-dataflow-client>=0.8.5,<1",  # starts the Flex Template and follows its job
        "google-cloud-pubsub>=2.20",
        "google-cloud-secret-manager>=2.20",  # the key of the live feed
        "google-cloud-storage>=3.1",
        "google-crc32c>=1.5",
        "grpcio>=1.66",
        "jsonschema-rs>=0.50,<1",  # --validate: no dependencies, and 100 times faster than jsonschema
        # --otlp_endpoint: runs, documents, seconds and age as metrics; Beam brings the SDK, but no exporter
        "opentelemetry-exporter-otlp-proto-http>=1.30,<2",
        "opentelemetry-sdk>=1.30,<2",
        "orjson>=3.10",
        "pyarrow>=18",
        "numpy>=1.26",
        "pydantic>=2.11,<3",  # one declaration of a request or option parses and documents it
        "pyyaml>=6",  # deploy/schedules.yaml: people write comments and anchors in it, which JSON has not
        "rich>=13.9",  # colour and the progress bar on a terminal
        "tzdata>=2024.1",  # slim images carry no time zone database
        "urllib3>=2.2",
    ],
    extras_require={
        "dev": [
            "build>=1.2",  # a test builds the package as a release does
            "detect-secrets>=1.5,<2",  # make lint: a key that is committed is found before it is pushed
            "hypothesis>=6.100",
            "matplotlib>=3.9,<4",  # benchmarks/plots.py: the plots of docs/performance.md
            "mypy>=1.13",
            "pip-audit>=2.9,<3",  # make audit: asks the advisory database for known holes of what is locked
            "playwright>=1.49,<2",  # drives the system's Chromium, in which the status page is tested
            "psutil>=5.9",  # tests find worker processes without the ps command
            "polars>=1.30",  # benchmarks/script: what a strong engineer would write instead of this pipeline
            "pytest>=8",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6",
            "ruff>=0.8",
            "setuptools>=77",  # builds the editable install without fetching anything beyond the lock
            "uv>=0.5",  # installs the lock in seconds where pip takes minutes
        ],
    },
)
