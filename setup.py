"""Abstract dependencies; the lock files requirements*.txt are compiled from them with `make lock`."""

from setuptools import find_packages, setup

setup(
    name="phase6-export",
    version="0.1.0",
    description="Turns a prediction warehouse into a static JSON API with Apache Beam",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["pipeline*", "transforms*", "exporters*", "demo*"]),
    install_requires=[
        "apache-beam[gcp]>=2.77,<3",
        "google-cloud-bigquery>=3.27",
        "google-cloud-storage>=3.1",
        "orjson>=3.10",
        "pyarrow>=18",
        "numpy>=1.26",
        "tzdata>=2024.1",  # slim images carry no time zone database
    ],
    extras_require={
        "dev": [
            "hypothesis>=6.100",
            "mypy>=1.13",
            "pytest>=8",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6",
            "ruff>=0.8",
            "setuptools>=77",  # builds the editable install without fetching anything beyond the lock
            "uv>=0.5",  # installs the lock in seconds where pip takes minutes
        ],
    },
)
